"""What a grid of texts is: its tables, headings, captions and roles."""
