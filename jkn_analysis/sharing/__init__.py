"""What officials pass on of a page: a card for the phone, slides for the room."""
