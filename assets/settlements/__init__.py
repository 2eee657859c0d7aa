"""What is known of settlements beside their own assets: series, books, differences, replay."""
