"""Scripts that generate files and maintain the repository; none of them ships."""
