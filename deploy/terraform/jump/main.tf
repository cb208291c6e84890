# The first boot of a jump host: one user with one ssh key, and WireGuard. The same on every cloud.

variable "cidr" {
  description = "Private network of the cluster, 10.N.0.0/16."
  type        = string
}

variable "ssh_public_key" {
  description = "Of the user `fleet`."
  type        = string
}

variable "wireguard_port" {
  type = number
}

variable "wireguard_peers" {
  type = list(object({ name = string, public_key = string, address = string }))
}

locals {
  vpn_range = cidrsubnet(var.cidr, 8, 255)
}

output "script" {
  description = "For the user data of the host."
  value = templatefile("${path.module}/jump.sh.tftpl", {
    cidr = var.cidr
    # The comment of the key is left out: the script contains no free text of the network file.
    ssh_key        = join(" ", slice(split(" ", var.ssh_public_key), 0, 2))
    vpn_address    = "${cidrhost(local.vpn_range, 1)}/24"
    vpn_range      = local.vpn_range
    wireguard_port = var.wireguard_port
    wireguard_peers = join("", [
      for peer in var.wireguard_peers :
      "\n# ${peer.name}\n[Peer]\nPublicKey = ${peer.public_key}\nAllowedIPs = ${peer.address}\n"
    ])
  })
}
