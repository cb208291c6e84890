# A resource group with a network, a private cluster, and a jump host with the VPN.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = ">= 4.0.0"
    }
  }
}

provider "azurerm" {
  features {}
}

locals {
  # PUBLISHER:OFFER:SKU:VERSION
  image = concat(split(":", var.jump_image), ["latest"])
}

module "jump" {
  source          = "../jump"
  cidr            = var.cidr
  ssh_public_key  = var.ssh_public_key
  wireguard_port  = var.wireguard_port
  wireguard_peers = var.wireguard_peers
}

resource "azurerm_resource_group" "main" {
  name     = var.name
  location = var.region
}

resource "azurerm_virtual_network" "main" {
  name                = var.name
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  address_space       = [var.cidr]
}

resource "azurerm_subnet" "nodes" {
  name                 = "nodes"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [cidrsubnet(var.cidr, 1, 0)]
}

resource "azurerm_subnet" "jump" {
  name                 = "jump"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [cidrsubnet(var.cidr, 8, 192)]
}

resource "azurerm_network_security_group" "jump" {
  name                = "${var.name}-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_network_security_group" "nodes" {
  name                = "${var.name}-nodes"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_network_security_rule" "ssh" {
  name                        = "ssh"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.jump.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_ranges     = ["22"]
  source_address_prefixes     = var.admin_cidrs
  destination_address_prefix  = "*"
}

resource "azurerm_network_security_rule" "vpn" {
  name                        = "vpn"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.jump.name
  priority                    = 110
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Udp"
  source_port_range           = "*"
  destination_port_ranges     = [tostring(var.wireguard_port)]
  source_address_prefixes     = ["0.0.0.0/0"]
  destination_address_prefix  = "*"
}

resource "azurerm_network_security_rule" "peers" {
  count                       = length(var.peer_ports) > 0 ? 1 : 0
  name                        = "peers"
  resource_group_name         = azurerm_resource_group.main.name
  network_security_group_name = azurerm_network_security_group.nodes.name
  priority                    = 100
  direction                   = "Inbound"
  access                      = "Allow"
  protocol                    = "Tcp"
  source_port_range           = "*"
  destination_port_ranges     = var.peer_ports
  source_address_prefixes     = ["0.0.0.0/0"]
  destination_address_prefix  = "*"
}

resource "azurerm_subnet_network_security_group_association" "jump" {
  subnet_id                 = azurerm_subnet.jump.id
  network_security_group_id = azurerm_network_security_group.jump.id
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.nodes.id
}

resource "azurerm_kubernetes_cluster" "main" {
  name                    = var.name
  resource_group_name     = azurerm_resource_group.main.name
  location                = azurerm_resource_group.main.location
  dns_prefix              = var.name
  private_cluster_enabled = true
  # A name that leads to the private address from everywhere: peers of the VPN do not ask the resolver of the network.
  private_cluster_public_fqdn_enabled = true
  role_based_access_control_enabled   = true

  default_node_pool {
    name           = "nodes"
    vm_size        = var.machine_type
    node_count     = var.workers
    vnet_subnet_id = azurerm_subnet.nodes.id
  }

  identity {
    type = "SystemAssigned"
  }

  network_profile {
    network_plugin = "azure"
    network_policy = "calico"
    service_cidr   = "172.20.0.0/16"
    dns_service_ip = "172.20.0.10"
  }
}

# The cluster gives its nodes and load balancers addresses of a subnet that is not its own: for that it needs a right.
resource "azurerm_role_assignment" "nodes" {
  scope                = azurerm_subnet.nodes.id
  role_definition_name = "Network Contributor"
  principal_id         = azurerm_kubernetes_cluster.main.identity[0].principal_id
}

resource "azurerm_public_ip" "jump" {
  name                = "${var.name}-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_network_interface" "jump" {
  name                = "${var.name}-jump"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location

  ip_configuration {
    name                          = "main"
    subnet_id                     = azurerm_subnet.jump.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = azurerm_public_ip.jump.id
  }
}

resource "azurerm_linux_virtual_machine" "jump" {
  name                  = "${var.name}-jump"
  resource_group_name   = azurerm_resource_group.main.name
  location              = azurerm_resource_group.main.location
  size                  = var.jump_machine_type
  admin_username        = "fleet"
  network_interface_ids = [azurerm_network_interface.jump.id]
  custom_data           = base64encode(module.jump.script)

  admin_ssh_key {
    username   = "fleet"
    public_key = var.ssh_public_key
  }

  # The console, where the host says its keys; kept by the cloud.
  boot_diagnostics {}

  os_disk {
    caching              = "ReadWrite"
    storage_account_type = "Standard_LRS"
  }

  source_image_reference {
    publisher = local.image[0]
    offer     = local.image[1]
    sku       = local.image[2]
    version   = local.image[3]
  }
}

output "jump_host" {
  value = azurerm_public_ip.jump.ip_address
}

output "cluster" {
  value = azurerm_kubernetes_cluster.main.name
}
