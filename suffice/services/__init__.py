"""Local servers: started, found again, watched and stopped."""
