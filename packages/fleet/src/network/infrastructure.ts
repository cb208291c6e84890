import { z } from 'zod';

export const PROVIDERS = ['gcp', 'aws', 'azure', 'digitalocean', 'hetzner'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** What a cluster is built on, for rendered Terraform. */
export const infrastructure = z.strictObject({
  provider: z.enum(PROVIDERS),
  region: z.string().regex(/^[a-z0-9-]+$/),
  zone: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional()
    .describe('Of the jump host; left out: the first of the region.'),
  project: z.string().optional().describe('Project of GCP.'),
  machineType: z.string(),
  jumpMachineType: z.string(),
  jumpImage: z.string().describe('Image of the jump host.'),
  workers: z.int().min(1).max(1000).default(3),
  cidr: z
    .string()
    .regex(/^10\.[0-9]{1,3}\.0\.0\/16$/, { error: 'expected 10.N.0.0/16' })
    .describe('Private network of this place; another N for each.'),
  adminCidrs: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f.:]+\/[0-9]{1,3}$/, { error: 'expected ADDRESS/BITS' })
        .refine((cidr) => !/\/0+$/.test(cidr), {
          error: 'expected the addresses of administrators, not the whole world',
        }),
    )
    .min(1)
    .describe('Who may reach the jump host by ssh. Never the whole world.'),
  sshPublicKey: z.string().regex(/^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) \S+/, {
    error: 'expected a public key of ssh: ssh-ed25519 …',
  }),
  wireguard: z
    .array(
      z.strictObject({
        name: z.string(),
        publicKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, { error: 'expected a public key of WireGuard' }),
        address: z.string().regex(/^[0-9.]+\/32$/, { error: 'expected ADDRESS/32' }),
      }),
    )
    .default([])
    .describe('Peers of the VPN. The private key of the jump host is born on it.'),
  wireguardPort: z.int().min(1024).max(65535).default(51820),
});

export type Infrastructure = z.infer<typeof infrastructure>;
