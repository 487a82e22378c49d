"""What a photo is: the table of photos, safe decoding, coordinates, the ledger of bad files."""
