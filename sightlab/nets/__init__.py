"""What the network is: trunks, the landmark network, its loss, engines that run it, embeddings."""
