# A network, a private cluster, and a jump host with the VPN as the only way in.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 5.0.0"
    }
  }
}

provider "google" {
  region  = var.region
  project = var.project
}

locals {
  zone  = coalesce(var.zone, "${var.region}-b")
  nodes = cidrsubnet(var.cidr, 4, 0)
}

module "jump" {
  source          = "../jump"
  cidr            = var.cidr
  ssh_public_key  = var.ssh_public_key
  wireguard_port  = var.wireguard_port
  wireguard_peers = var.wireguard_peers
}

resource "google_compute_network" "main" {
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  name                     = var.name
  network                  = google_compute_network.main.id
  region                   = var.region
  ip_cidr_range            = local.nodes
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = cidrsubnet(var.cidr, 2, 1)
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = cidrsubnet(var.cidr, 4, 2)
  }
}

resource "google_compute_router" "main" {
  name    = var.name
  network = google_compute_network.main.id
  region  = var.region
}

resource "google_compute_router_nat" "main" {
  name                               = var.name
  router                             = google_compute_router.main.name
  region                             = var.region
  nat_ip_allocate_option             = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat = "ALL_SUBNETWORKS_ALL_IP_RANGES"
}

resource "google_compute_firewall" "jump_ssh" {
  name          = "${var.name}-jump-ssh"
  network       = google_compute_network.main.id
  source_ranges = var.admin_cidrs
  target_tags   = ["${var.name}-jump"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_compute_firewall" "jump_vpn" {
  name          = "${var.name}-jump-vpn"
  network       = google_compute_network.main.id
  source_ranges = ["0.0.0.0/0"]
  target_tags   = ["${var.name}-jump"]

  allow {
    protocol = "udp"
    ports    = [tostring(var.wireguard_port)]
  }
}

resource "google_compute_firewall" "from_jump" {
  name        = "${var.name}-from-jump"
  network     = google_compute_network.main.id
  source_tags = ["${var.name}-jump"]
  target_tags = ["${var.name}-node"]

  allow {
    protocol = "tcp"
    ports    = ["22"]
  }
}

resource "google_compute_firewall" "peers" {
  count         = length(var.peer_ports) > 0 ? 1 : 0
  name          = "${var.name}-peers"
  network       = google_compute_network.main.id
  source_ranges = ["0.0.0.0/0"]
  target_tags   = ["${var.name}-node"]

  allow {
    protocol = "tcp"
    ports    = var.peer_ports
  }
}

resource "google_service_account" "nodes" {
  account_id   = substr("${var.name}-nodes", 0, min(30, length("${var.name}-nodes")))
  display_name = "Nodes of ${var.name}"
}

# An account without a role could not even write what its nodes log.
resource "google_project_iam_member" "nodes" {
  project = google_service_account.nodes.project
  role    = "roles/container.defaultNodeServiceAccount"
  member  = "serviceAccount:${google_service_account.nodes.email}"
}

resource "google_container_cluster" "main" {
  name       = var.name
  location   = var.region
  network    = google_compute_network.main.id
  subnetwork = google_compute_subnetwork.main.id
  # Counts of nodes are per zone, and a region has three of them.
  node_locations           = [local.zone]
  remove_default_node_pool = true
  initial_node_count       = 1
  deletion_protection      = true

  ip_allocation_policy {
    cluster_secondary_range_name  = "pods"
    services_secondary_range_name = "services"
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = true
    # 10.N.254.0/28
    master_ipv4_cidr_block = cidrsubnet(var.cidr, 12, 4064)
  }

  master_authorized_networks_config {
    cidr_blocks {
      cidr_block   = local.nodes
      display_name = "inside, the jump host too"
    }
  }

  network_policy {
    enabled  = true
    provider = "CALICO"
  }

  # Nodes obey network policies only if the control plane has this addon.
  addons_config {
    network_policy_config {
      disabled = false
    }
  }

  dynamic "workload_identity_config" {
    for_each = var.project == null ? [] : [var.project]
    content {
      workload_pool = "${workload_identity_config.value}.svc.id.goog"
    }
  }
}

resource "google_container_node_pool" "main" {
  name           = var.name
  cluster        = google_container_cluster.main.id
  node_locations = [local.zone]
  node_count     = var.workers

  node_config {
    machine_type    = var.machine_type
    tags            = ["${var.name}-node"]
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }
  }
}

resource "google_compute_address" "jump" {
  name   = "${var.name}-jump"
  region = var.region
}

resource "google_compute_instance" "jump" {
  name                    = "${var.name}-jump"
  zone                    = local.zone
  machine_type            = var.jump_machine_type
  tags                    = ["${var.name}-jump"]
  metadata_startup_script = module.jump.script

  metadata = {
    ssh-keys               = "fleet:${var.ssh_public_key}"
    block-project-ssh-keys = "true"
  }

  boot_disk {
    initialize_params {
      image = var.jump_image
    }
  }

  network_interface {
    subnetwork = google_compute_subnetwork.main.id

    access_config {
      nat_ip = google_compute_address.jump.address
    }
  }

  shielded_instance_config {
    enable_secure_boot          = true
    enable_integrity_monitoring = true
  }
}

output "jump_host" {
  value = google_compute_address.jump.address
}

output "cluster" {
  value = google_container_cluster.main.name
}
