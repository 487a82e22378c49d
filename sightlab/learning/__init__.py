"""How the network is taught: cleaning, cached views, one training loop, the curriculum over regions."""
