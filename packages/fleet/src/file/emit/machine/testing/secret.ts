import { WIDE } from '../../../testing/networks.ts';

/** The wide network, whose collator on a machine has its keys and its duty token from secrets. */
export const SECRET = WIDE.replace(
  '      east-1:\n',
  `      iron-0:
        keys:
          session: {source: secret, secret: "{node}-keys", set: bow, types: {aura: sr25519, gran: ed25519}}
          node: {source: secret, secret: "{node}-node"}
        duty: {services: ["https://watch:8443"], secret: "{node}-duty", ca: true}
      east-1:
`,
);
