"""Where records are kept: the Store protocol, and stores in memory, in an SQLite file and on Redis."""
