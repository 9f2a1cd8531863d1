"""Two of the ways in which groups come into contact lists: written by us (XEP-0356), or suggested (XEP-0144)."""
