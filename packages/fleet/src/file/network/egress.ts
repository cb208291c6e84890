import { z } from 'zod';

const port = z.int().min(1).max(65535);
/** A port, or the first and last one of a range. */
const ports = z.union(
  [
    port,
    z
      .string()
      .regex(/^[1-9]\d{0,4}-[1-9]\d{0,4}$/)
      .refine((text) => {
        const [first = 0, last = 0] = text.split('-').map(Number);
        return first <= last && last <= 65535;
      }),
  ],
  { error: 'expected a port or a range of ports, such as 30333 or 30000-32767' },
);

export const egressShape = z.strictObject({
  peerPorts: z
    .array(ports)
    .max(32)
    .optional()
    .describe(
      'TCP ports of peers that this file does not name, at any address: [30333, 30000-32767]. Nodes of this file, and addresses in flags, can be reached without it.',
    ),
  places: z
    .array(
      z.strictObject({
        range: z
          .union([z.cidrv4(), z.cidrv6()], { error: 'expected ADDRESS/BITS, such as 203.0.113.0/24' })
          .describe('Addresses as ADDRESS/BITS; one address has /32, or /128 in IPv6.'),
        ports: z.array(ports).min(1).max(32).describe('TCP ports there.'),
      }),
    )
    .max(64)
    .optional()
    .describe('More addresses that pods reach: {range: 203.0.113.7/32, ports: [443]}.'),
});

export type EgressLimits = z.infer<typeof egressShape>;
