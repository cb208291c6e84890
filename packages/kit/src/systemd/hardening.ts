/**
 * Addresses of the metadata services of clouds, which hand out credentials that nodes must not get. The IPv6
 * address is that of AWS. Source: AWS, "IPv6 on AWS", "Supporting Amazon VPC services".
 */
export const METADATA_SERVICE = { ipv4: ['169.254.169.254/32'], ipv6: ['fd00:ec2::254/128'] } as const;

/** The line of a systemd unit that closes these addresses for its processes. */
export const METADATA_DENIED = `IPAddressDeny=${[...METADATA_SERVICE.ipv4, ...METADATA_SERVICE.ipv6].join(' ')}`;

/** Lines of every unit; none may write elsewhere, gain rights or reach the credentials of a cloud. */
export const HARDENING: readonly string[] = [
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'PrivateUsers=yes',
  'ProtectProc=invisible',
  'ProtectHostname=yes',
  'ProtectClock=yes',
  'ProtectKernelTunables=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelLogs=yes',
  'ProtectControlGroups=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  // Not MemoryDenyWriteExecute=: a runtime is compiled to machine code in memory. Not ProcSubset=pid: a
  // node reads the properties of the machine.
  'SystemCallFilter=@system-service',
  'SystemCallFilter=~@clock @module @reboot @swap @privileged',
  'SystemCallErrorNumber=EPERM',
  // Nodes must not reach the credentials of the cloud's metadata service.
  METADATA_DENIED,
];

/** The same for our programs: they start no sandbox, and their files are for their user alone. */
export const SERVICE_HARDENING: readonly string[] = [...HARDENING, 'RestrictNamespaces=yes', 'UMask=0077'];
