# A VPC with private and public subnets in two zones, a cluster without public endpoint, a jump host with the VPN.

terraform {
  required_version = ">= 1.6.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0.0"
    }
  }
}

provider "aws" {
  region = var.region
}

locals {
  anywhere = "0.0.0.0/0"
  # Load balancers for peers from outside go to the public ones: one for each zone that has nodes.
  subnets = {
    private_a = { cidr = cidrsubnet(var.cidr, 2, 0), zone = 0, title = "private-a", public = false }
    private_b = { cidr = cidrsubnet(var.cidr, 2, 1), zone = 1, title = "private-b", public = false }
    public    = { cidr = cidrsubnet(var.cidr, 8, 192), zone = 0, title = "public-a", public = true }
    public_b  = { cidr = cidrsubnet(var.cidr, 8, 193), zone = 1, title = "public-b", public = true }
  }
  private = [aws_subnet.main["private_a"].id, aws_subnet.main["private_b"].id]
  # What makes volumes, as the cluster knows it.
  storage_account = "ebs-csi-controller-sa"
}

module "jump" {
  source          = "../jump"
  cidr            = var.cidr
  ssh_public_key  = var.ssh_public_key
  wireguard_port  = var.wireguard_port
  wireguard_peers = var.wireguard_peers
}

data "aws_availability_zones" "here" {
  state = "available"
}

resource "aws_vpc" "main" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

resource "aws_subnet" "main" {
  for_each          = local.subnets
  vpc_id            = aws_vpc.main.id
  cidr_block        = each.value.cidr
  availability_zone = data.aws_availability_zones.here.names[each.value.zone]
  tags = merge(
    { Name = "${var.name}-${each.value.title}", "kubernetes.io/cluster/${var.name}" = "shared" },
    each.value.public ? { "kubernetes.io/role/elb" = "1" } : {},
  )
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_eip" "nat" {
  domain = "vpc"
}

resource "aws_eip" "jump" {
  domain   = "vpc"
  instance = aws_instance.jump.id
}

resource "aws_nat_gateway" "main" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.main["public"].id
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "public" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = local.anywhere
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route" "private" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = local.anywhere
  nat_gateway_id         = aws_nat_gateway.main.id
}

resource "aws_route_table_association" "main" {
  for_each       = local.subnets
  subnet_id      = aws_subnet.main[each.key].id
  route_table_id = each.value.public ? aws_route_table.public.id : aws_route_table.private.id
}

resource "aws_security_group" "jump" {
  name   = "${var.name}-jump"
  vpc_id = aws_vpc.main.id
}

resource "aws_vpc_security_group_ingress_rule" "jump_ssh" {
  for_each          = toset(var.admin_cidrs)
  security_group_id = aws_security_group.jump.id
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
  cidr_ipv4         = strcontains(each.value, ":") ? null : each.value
  cidr_ipv6         = strcontains(each.value, ":") ? each.value : null
}

resource "aws_vpc_security_group_ingress_rule" "jump_vpn" {
  security_group_id = aws_security_group.jump.id
  ip_protocol       = "udp"
  from_port         = var.wireguard_port
  to_port           = var.wireguard_port
  cidr_ipv4         = local.anywhere
}

resource "aws_vpc_security_group_ingress_rule" "api_from_jump" {
  security_group_id            = aws_eks_cluster.main.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  referenced_security_group_id = aws_security_group.jump.id
}

resource "aws_vpc_security_group_ingress_rule" "peers" {
  for_each          = toset(var.peer_ports)
  security_group_id = aws_eks_cluster.main.vpc_config[0].cluster_security_group_id
  ip_protocol       = "tcp"
  from_port         = tonumber(split("-", each.value)[0])
  to_port           = tonumber(reverse(split("-", each.value))[0])
  cidr_ipv4         = local.anywhere
}

resource "aws_vpc_security_group_egress_rule" "jump" {
  security_group_id = aws_security_group.jump.id
  ip_protocol       = "-1"
  cidr_ipv4         = local.anywhere
}

resource "aws_iam_role" "cluster" {
  name = "${var.name}-cluster"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "eks.amazonaws.com" } }]
  })
}

resource "aws_iam_role" "nodes" {
  name = "${var.name}-nodes"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

# For the account of the driver in this cluster alone.
resource "aws_iam_role" "storage" {
  name = "${var.name}-storage"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Principal = { Service = "pods.eks.amazonaws.com" }
      Condition = {
        StringEquals = {
          "aws:RequestTag/eks-cluster-arn"            = aws_eks_cluster.main.arn
          "aws:RequestTag/kubernetes-namespace"       = "kube-system"
          "aws:RequestTag/kubernetes-service-account" = local.storage_account
        }
      }
    }]
  })
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role_policy_attachment" "nodes" {
  for_each   = toset(["AmazonEKSWorkerNodePolicy", "AmazonEKS_CNI_Policy", "AmazonEC2ContainerRegistryReadOnly"])
  role       = aws_iam_role.nodes.name
  policy_arn = "arn:aws:iam::aws:policy/${each.value}"
}

resource "aws_iam_role_policy_attachment" "storage" {
  role       = aws_iam_role.storage.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
}

resource "aws_eks_cluster" "main" {
  name     = var.name
  role_arn = aws_iam_role.cluster.arn

  vpc_config {
    subnet_ids              = local.private
    endpoint_private_access = true
    endpoint_public_access  = false
  }

  depends_on = [aws_iam_role_policy_attachment.cluster]
}

resource "aws_eks_node_group" "main" {
  cluster_name    = aws_eks_cluster.main.name
  node_group_name = var.name
  node_role_arn   = aws_iam_role.nodes.arn
  subnet_ids      = local.private
  instance_types  = [var.machine_type]
  # The default of 20 GiB does not go far with images and logs.
  disk_size = 64

  scaling_config {
    desired_size = var.workers
    min_size     = var.workers
    max_size     = var.workers
  }

  depends_on = [aws_eks_addon.network, aws_iam_role_policy_attachment.nodes]
}

# Without these addons, network policies are taken and not obeyed, and no claim of a volume is ever met. A cluster is
# born with the network addon, unmanaged and without the setting.
resource "aws_eks_addon" "network" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "vpc-cni"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  configuration_values        = jsonencode({ enableNetworkPolicy = "true" })
}

# Hands roles to pods. It and the driver are ready only after there are nodes.
resource "aws_eks_addon" "identity" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "eks-pod-identity-agent"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  depends_on                  = [aws_eks_node_group.main]
}

resource "aws_eks_addon" "storage" {
  cluster_name                = aws_eks_cluster.main.name
  addon_name                  = "aws-ebs-csi-driver"
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
  # The class of claims that name none.
  configuration_values = jsonencode({ defaultStorageClass = { enabled = true } })

  pod_identity_association {
    role_arn        = aws_iam_role.storage.arn
    service_account = local.storage_account
  }

  depends_on = [
    aws_eks_node_group.main,
    aws_eks_addon.identity,
    aws_iam_role_policy_attachment.storage,
  ]
}

resource "aws_key_pair" "jump" {
  key_name   = "${var.name}-jump"
  public_key = var.ssh_public_key
}

resource "aws_instance" "jump" {
  ami                    = var.jump_image
  instance_type          = var.jump_machine_type
  subnet_id              = aws_subnet.main["public"].id
  key_name               = aws_key_pair.jump.key_name
  vpc_security_group_ids = [aws_security_group.jump.id]
  # Otherwise a new peer of the VPN would be in the file and not on the host: the script runs at the first boot.
  user_data_replace_on_change = true
  user_data                   = module.jump.script
  tags                        = { Name = "${var.name}-jump" }

  metadata_options {
    http_tokens   = "required"
    http_endpoint = "enabled"
  }

  root_block_device {
    encrypted = true
  }
}

output "jump_host" {
  value = aws_eip.jump.public_ip
}

output "cluster" {
  value = aws_eks_cluster.main.name
}
