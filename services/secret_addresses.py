"""Tokens in addresses: needed to fetch a recording, and never shown in Prefect, in a manifest or in a log."""

from __future__ import annotations

from kring.addresses import without_secrets
from kring.errors import NotThere
from kring.intake.item import Item
from storage.archive.addresses import WholeAddress, find_address, keep_address
from storage.port import ObjectStore


def hide_secrets(store: ObjectStore, item: Item) -> Item:
    """The item as a run may be asked for with it; what is secret of its addresses is kept aside."""
    hidden = without_its_secrets(item)
    if hidden != item:
        address = WholeAddress(location=item.location, captions_location=item.captions_location)
        keep_address(store, item.recording_id, address)
    return hidden


def without_its_secrets(item: Item) -> Item:
    """The item as anybody may see it."""
    captions = None if item.captions_location is None else without_secrets(item.captions_location)
    shown = item.model_copy(update={"location": without_secrets(item.location), "captions_location": captions})
    return item if shown == item else shown.model_copy(update={"hidden": True})


def with_secrets(store: ObjectStore, item: Item) -> Item:
    """The item as it can be fetched. Raises SourceError if what was kept aside has gone."""
    if not item.hidden:
        return item
    address = find_address(store, item.recording_id)
    if address is None:
        raise NotThere("The whole address of {name} is no longer kept; add it again.", name=item.file_name)
    update = {"location": address.location, "captions_location": address.captions_location, "hidden": False}
    return item.model_copy(update=update)
