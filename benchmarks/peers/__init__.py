"""What a user would take instead of the product's function."""
