"""What officials pass on: a card for the phone, slides for the room; both read a page."""
