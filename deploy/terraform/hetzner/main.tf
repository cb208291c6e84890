# A private network with servers for a cluster that you install on them, firewalls, and a jump host with the VPN.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    hcloud = {
      source  = "hetznercloud/hcloud"
      version = ">= 1.45.0"
    }
  }
}

provider "hcloud" {}

locals {
  anywhere = ["0.0.0.0/0", "::/0"]
  subnet   = cidrsubnet(var.cidr, 1, 0)
  # Zone of the networks that a location can join; all others are in eu-central.
  zones = { ash = "us-east", hil = "us-west", sin = "ap-southeast" }
}

module "jump" {
  source          = "../jump"
  cidr            = var.cidr
  ssh_public_key  = var.ssh_public_key
  wireguard_port  = var.wireguard_port
  wireguard_peers = var.wireguard_peers
}

resource "hcloud_network" "main" {
  name     = var.name
  ip_range = var.cidr
}

resource "hcloud_network_subnet" "main" {
  network_id   = hcloud_network.main.id
  type         = "cloud"
  network_zone = lookup(local.zones, var.region, "eu-central")
  ip_range     = local.subnet
}

resource "hcloud_ssh_key" "main" {
  name       = var.name
  public_key = var.ssh_public_key
}

resource "hcloud_firewall" "jump" {
  name = "${var.name}-jump"

  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "22"
    source_ips = var.admin_cidrs
  }

  rule {
    direction  = "in"
    protocol   = "udp"
    port       = tostring(var.wireguard_port)
    source_ips = local.anywhere
  }
}

resource "hcloud_firewall" "nodes" {
  name = "${var.name}-nodes"

  rule {
    direction  = "in"
    protocol   = "tcp"
    port       = "22"
    source_ips = [var.cidr]
  }

  dynamic "rule" {
    for_each = var.peer_ports
    content {
      direction  = "in"
      protocol   = "tcp"
      port       = rule.value
      source_ips = local.anywhere
    }
  }
}

resource "hcloud_server" "jump" {
  name         = "${var.name}-jump"
  server_type  = var.jump_machine_type
  image        = var.jump_image
  location     = var.region
  ssh_keys     = [hcloud_ssh_key.main.id]
  firewall_ids = [hcloud_firewall.jump.id]
  user_data    = module.jump.script

  network {
    network_id = hcloud_network.main.id
    ip         = cidrhost(local.subnet, 2)
    # Aliases left out would take the server off the network and put it on again with each apply.
    alias_ips = []
  }

  depends_on = [hcloud_network_subnet.main]
}

resource "hcloud_server" "nodes" {
  count        = var.workers
  name         = "${var.name}-${count.index}"
  server_type  = var.machine_type
  image        = var.jump_image
  location     = var.region
  ssh_keys     = [hcloud_ssh_key.main.id]
  firewall_ids = [hcloud_firewall.nodes.id]

  network {
    network_id = hcloud_network.main.id
    # From 10.N.1.0 on.
    ip        = cidrhost(local.subnet, 256 + count.index)
    alias_ips = []
  }

  depends_on = [hcloud_network_subnet.main]
}

output "jump_host" {
  value = hcloud_server.jump.ipv4_address
}

output "nodes" {
  value = hcloud_server.nodes[*].ipv4_address
}

output "nodes_inside" {
  value = [for node in hcloud_server.nodes : one(node.network).ip]
}
