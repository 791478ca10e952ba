"""What several tests share: networks and data as tables, real projects and products of NNC, and comparisons."""
