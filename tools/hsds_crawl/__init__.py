"""`python -m tools.hsds_crawl URL`: an HSDS API's services, page by page, into one file for the import."""
