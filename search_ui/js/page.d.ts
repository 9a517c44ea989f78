// Which element a selector or an id finds is decided by the templates, which TypeScript does not read: it may be any.

interface ParentNode {
  querySelector(selectors: string): any;
  querySelectorAll(selectors: string): NodeListOf<any>;
}

interface Document {
  getElementById(elementId: string): any;
}

// The target of an event that a page listens for is an element.
interface EventTarget {
  closest(selectors: string): any;
}
