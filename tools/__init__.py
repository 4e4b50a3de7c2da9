"""What makes the generated files, and what looks after the repository; none of it ships."""
