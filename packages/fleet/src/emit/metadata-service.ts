/**
 * Addresses at which the metadata service of a cloud hands out credentials; what is not for nodes. By IPv6 it
 * is there on AWS. Source: AWS, "IPv6 on AWS", "Supporting Amazon VPC services".
 */
export const METADATA_SERVICE = { ipv4: ['169.254.169.254/32'], ipv6: ['fd00:ec2::254/128'] } as const;

/** As a unit of systemd keeps its processes away from them. */
export const METADATA_DENIED = `IPAddressDeny=${[...METADATA_SERVICE.ipv4, ...METADATA_SERVICE.ipv6].join(' ')}`;
