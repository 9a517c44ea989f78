"""Who asks, and the archive as they may see it: the doors through which everything that answers a request goes.

`visit.py` says who asks; `archive_view.py` searches and opens recordings for them.
"""

from search_ui.viewer.archive_view import ArchiveView, ArchiveViewDep
from search_ui.viewer.previews import Preview, Previews
from search_ui.viewer.visit import Visit, VisitDep

__all__ = ["ArchiveView", "ArchiveViewDep", "Preview", "Previews", "Visit", "VisitDep"]
