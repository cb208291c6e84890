# A VPC (half of the range: the other half has the VPN), a cluster in it, firewalls, and a jump host with the VPN. The
# API endpoint of clusters of this cloud is always public.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = ">= 2.40.0"
    }
  }
}

provider "digitalocean" {}

locals {
  anywhere = ["0.0.0.0/0", "::/0"]
}

module "jump" {
  source          = "../jump"
  cidr            = var.cidr
  ssh_public_key  = var.ssh_public_key
  wireguard_port  = var.wireguard_port
  wireguard_peers = var.wireguard_peers
}

data "digitalocean_kubernetes_versions" "here" {}

resource "digitalocean_vpc" "main" {
  name     = var.name
  region   = var.region
  ip_range = cidrsubnet(var.cidr, 1, 0)
}

resource "digitalocean_kubernetes_cluster" "main" {
  name     = var.name
  region   = var.region
  version  = data.digitalocean_kubernetes_versions.here.latest_version
  vpc_uuid = digitalocean_vpc.main.id

  node_pool {
    name       = "nodes"
    size       = var.machine_type
    node_count = var.workers
    tags       = ["${var.name}-node"]
  }
}

resource "digitalocean_ssh_key" "jump" {
  name       = "${var.name}-jump"
  public_key = var.ssh_public_key
}

resource "digitalocean_droplet" "jump" {
  name      = "${var.name}-jump"
  region    = var.region
  size      = var.jump_machine_type
  image     = var.jump_image
  vpc_uuid  = digitalocean_vpc.main.id
  ssh_keys  = [digitalocean_ssh_key.jump.id]
  user_data = module.jump.script
}

resource "digitalocean_firewall" "jump" {
  name        = "${var.name}-jump"
  droplet_ids = [digitalocean_droplet.jump.id]

  inbound_rule {
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = var.admin_cidrs
  }

  inbound_rule {
    protocol         = "udp"
    port_range       = tostring(var.wireguard_port)
    source_addresses = local.anywhere
  }

  dynamic "outbound_rule" {
    for_each = ["tcp", "udp"]
    content {
      protocol              = outbound_rule.value
      port_range            = "1-65535"
      destination_addresses = local.anywhere
    }
  }
}

resource "digitalocean_firewall" "peers" {
  count = length(var.peer_ports) > 0 ? 1 : 0
  name  = "${var.name}-peers"
  tags  = ["${var.name}-node"]

  dynamic "inbound_rule" {
    for_each = var.peer_ports
    content {
      protocol         = "tcp"
      port_range       = inbound_rule.value
      source_addresses = local.anywhere
    }
  }

  dynamic "outbound_rule" {
    for_each = ["tcp", "udp"]
    content {
      protocol              = outbound_rule.value
      port_range            = "1-65535"
      destination_addresses = local.anywhere
    }
  }
}

output "jump_host" {
  value = digitalocean_droplet.jump.ipv4_address
}

output "cluster" {
  value = digitalocean_kubernetes_cluster.main.name
}
