"""What a server keeps of the vendor's HTTP contract: refusals, limits, bodies, descriptions."""
