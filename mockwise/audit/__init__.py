"""Rules over a journal: which of Wise's rules a client breaks, with evidence, source and remedy."""
