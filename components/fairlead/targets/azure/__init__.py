"""Azure Kubernetes Service: the components that carry out the plan of an Azure site."""
