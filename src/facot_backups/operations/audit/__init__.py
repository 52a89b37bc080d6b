"""What a tax inspector, or FACOT itself, would stumble over in a backup."""
