"""Google Kubernetes Engine: the cluster, its node pools and everything around them."""
