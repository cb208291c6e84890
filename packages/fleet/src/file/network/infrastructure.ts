import { z } from 'zod';

export const PROVIDERS = ['gcp', 'aws', 'azure', 'digitalocean', 'hetzner'] as const;
export type Provider = (typeof PROVIDERS)[number];

/** Of the peers of a VPN in the network of a place; 1 is the jump host. */
const PEER_ADDRESS = /^10\.([0-9]+)\.255\.([1-9][0-9]*)\/32$/;

const wireguardPeer = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 ._@-]*$/, { error: 'expected letters, digits and . _ @ -' }),
  publicKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, { error: 'expected a public key of WireGuard' }),
  address: z.string().regex(PEER_ADDRESS, { error: 'expected 10.N.255.M/32' }),
});

const fields = z.strictObject({
  provider: z.enum(PROVIDERS),
  region: z.string().regex(/^[a-z0-9-]+$/),
  zone: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional()
    .describe('GCP: of the jump host and the workers, whose volumes belong to it; left out: REGION-b.'),
  project: z.string().optional().describe('Project of GCP.'),
  machineType: z.string(),
  jumpMachineType: z.string(),
  jumpImage: z.string().describe('Image of the jump host.'),
  workers: z
    .int()
    .min(1)
    .max(1000)
    .default(3)
    .describe('Machines of the cluster that are paid for, in all; the jump host is one more.'),
  cidr: z
    .string()
    .regex(/^10\.(?:[1-9]?[0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])\.0\.0\/16$/, { error: 'expected 10.N.0.0/16' })
    .describe('Private network of this place; another N for each. 10.N.255.0/24 of it is for the VPN.'),
  adminCidrs: z
    .array(
      z
        .string()
        .regex(/^[0-9a-f.:]+\/[0-9]{1,3}$/, { error: 'expected ADDRESS/BITS' })
        .refine((cidr) => !/\/0+$/.test(cidr), {
          error: 'expected the addresses of administrators, not every address',
        }),
    )
    .min(1)
    .describe('Addresses that may reach the jump host by ssh. 0.0.0.0/0 is refused.'),
  sshPublicKey: z
    .string()
    .regex(/^(ssh-ed25519|ecdsa-sha2-nistp256|ssh-rsa) [A-Za-z0-9+/]+={0,2}( [^\r\n]*)?$/, {
      error: 'expected a public key of ssh: ssh-ed25519 …',
    })
    .describe('Key of the user `fleet` on the jump host, the only user who can log in.'),
  wireguard: z
    .array(wireguardPeer)
    .default([])
    .describe('Peers of the VPN. The jump host makes its private key itself.'),
  wireguardPort: z.int().min(1024).max(65535).default(51820),
});

/** The cloud of a cluster: values for the modules of `deploy/terraform`. */
export const infrastructure = fields.superRefine(({ cidr, wireguard, provider, ...rest }, context) => {
  for (const name of ['zone', 'project'] as const)
    if (provider !== 'gcp' && rest[name] !== undefined)
      context.addIssue({ code: 'custom', path: [name], message: 'expected with provider gcp only' });
  const octet = cidr.split('.')[1];
  const seen = new Set<string>();
  for (const [index, { address }] of wireguard.entries()) {
    const [whole, network, host = ''] = PEER_ADDRESS.exec(address) ?? [];
    if (whole === undefined) continue;
    if (network === octet && !seen.has(host) && Number(host) > 1 && Number(host) < 255) {
      seen.add(host);
      continue;
    }
    context.addIssue({
      code: 'custom',
      path: ['wireguard', index, 'address'],
      message: `expected a separate address between 10.${octet}.255.2/32 and 10.${octet}.255.254/32`,
    });
  }
});

export type Infrastructure = z.infer<typeof infrastructure>;
