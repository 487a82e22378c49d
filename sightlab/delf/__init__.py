"""The rival: local features with attention (DELF), an index of all of them, and geometric verification."""
