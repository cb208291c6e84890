# Values: terraform.tfvars.json, as `watchbill fleet render --format terraform` writes it from the network file.

variable "name" {
  description = "Name of everything in the cloud: NETWORK-CLUSTER."
  type        = string
}

variable "region" {
  type = string
}

variable "workers" {
  description = "Machines of the cluster, in all; the jump host is one more."
  type        = number
}

variable "machine_type" {
  type = string
}

variable "jump_machine_type" {
  type = string
}

variable "jump_image" {
  description = "Image of the jump host: Debian 12."
  type        = string
}

variable "cidr" {
  description = "Private network, 10.N.0.0/16. 10.N.255.0/24 of it is for the VPN."
  type        = string
}

variable "admin_cidrs" {
  description = "Who may reach the jump host by ssh. Never the whole world."
  type        = list(string)

  validation {
    condition     = length(var.admin_cidrs) > 0 && alltrue([for cidr in var.admin_cidrs : !endswith(cidr, "/0")])
    error_message = "Name the addresses of administrators, for example 198.51.100.7/32, not the whole world."
  }
}

variable "ssh_public_key" {
  description = "Of the user `fleet` on the jump host. No other key gets in."
  type        = string
}

variable "wireguard_port" {
  type = number
}

variable "wireguard_peers" {
  description = "Peers of the VPN. The private key of the jump host is made on it."
  type        = list(object({ name = string, public_key = string, address = string }))
}

variable "peer_ports" {
  description = "TCP ports of the nodes that the whole world may reach: PORT or FROM-TO. Empty: none."
  type        = list(string)
}

variable "project" {
  description = "Null: that of the environment. Without a project there is no workload identity."
  type        = string
  default     = null
}

variable "zone" {
  description = "Of the jump host and the workers, whose volumes belong to it. Null: REGION-b."
  type        = string
  default     = null
}
