import { stringify } from 'yaml';
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'small letters, digits, dashes');
const url = z.url({ protocol: /^https?$/ });
const file = z.string().min(1);

/** A receiver of alerts. Alertmanager reads the secrets from files. */
const receiverShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('opsgenie'),
    name,
    apiKeyFile: file,
    apiUrl: url.default('https://api.opsgenie.com/'),
  }),
  z.strictObject({
    kind: z.literal('matrix'),
    name,
    /** Of a bridge such as matrix-alertmanager, which turns webhooks into messages. */
    bridgeUrl: url,
    secretFile: file.optional(),
  }),
  z.strictObject({
    kind: z.literal('mail'),
    name,
    to: z.string().regex(/^[^\s@]+@[^\s@]+$/),
    from: z.string().regex(/^[^\s@]+@[^\s@]+$/),
    smarthost: z.string().regex(/^[^\s:]+:\d+$/),
    user: z.string().optional(),
    passwordFile: file.optional(),
  }),
  z.strictObject({ kind: z.literal('webhook'), name, url, secretFile: file.optional() }),
]);

export const receiversShape = z
  .strictObject({
    receivers: z.array(receiverShape).min(1),
    /** Receivers of urgent alerts. */
    page: z.array(name).min(1),
    /** Receivers of the other alerts; by default the same. */
    ticket: z.array(name).default([]),
    /** Receivers of the heartbeat, for example a service that calls when it stops. */
    heartbeat: z.array(name).default([]),
    repeatHours: z.int().min(1).max(168).default(4),
  })
  .superRefine(({ receivers, page, ticket, heartbeat }, context) => {
    const names = receivers.map((one) => one.name);
    for (const [at, one] of names.entries())
      if (names.indexOf(one) < at)
        context.addIssue({ code: 'custom', path: ['receivers', at, 'name'], message: `${one} stands twice` });
    for (const [list, wanted] of Object.entries({ page, ticket, heartbeat }))
      for (const [at, one] of wanted.entries())
        if (!names.includes(one))
          context.addIssue({ code: 'custom', path: [list, at], message: `there is no receiver ${one}` });
  });

export type Receivers = Readonly<z.output<typeof receiversShape>>;
type Receiver = Receivers['receivers'][number];

const HEAD = '# Receivers of the alerts. Made by `watchbill fleet services watch render`.\n';

/**
 * The configuration of Alertmanager: pages at once, tickets gathered, the heartbeat every minute; a page
 * hides the tickets of its node.
 */
export function alertmanagerYaml({ receivers, page, ticket, heartbeat, repeatHours }: Receivers): string {
  const lists = { page, ticket: ticket.length === 0 ? page : ticket, heartbeat };
  const of = (wanted: readonly string[]) => receivers.filter((one) => wanted.includes(one.name));
  const config = {
    route: {
      receiver: 'ticket',
      group_by: ['network', 'alertname'],
      group_wait: '30s',
      group_interval: '5m',
      repeat_interval: `${repeatHours}h`,
      routes: [
        {
          matchers: ['severity="heartbeat"'],
          receiver: heartbeat.length === 0 ? 'nobody' : 'heartbeat',
          group_wait: '0s',
          group_interval: '1m',
          repeat_interval: '1m',
        },
        { matchers: ['severity="page"'], receiver: 'page', group_wait: '10s' },
      ],
    },
    inhibit_rules: [
      {
        source_matchers: ['alertname="ChainStands"'],
        target_matchers: ['alertname=~"NoNewFinality|FinalityLags|ManyLag"'],
        equal: ['network', 'chain'],
      },
      {
        source_matchers: ['alertname=~"NodeDown|NodeGone"'],
        target_matchers: ['severity="ticket"'],
        equal: ['instance'],
      },
      {
        // Whether the nodes of a silent place are gone is unknown.
        source_matchers: ['alertname="PlaceSilent"'],
        target_matchers: ['alertname="NodeGone"'],
        equal: ['place'],
      },
    ],
    receivers: [
      { name: 'nobody' },
      ...Object.entries(lists).map(([list, wanted]) => ({ name: list, ...configsOf(of(wanted)) })),
    ],
  };
  return `${HEAD}${stringify(config, { lineWidth: 0 })}`;
}

function configsOf(receivers: readonly Receiver[]): Record<string, unknown> {
  const opsgenie = receivers.flatMap((one) =>
    one.kind === 'opsgenie'
      ? [
          {
            api_key_file: one.apiKeyFile,
            api_url: one.apiUrl,
            priority: '{{ if eq .CommonLabels.severity "page" }}P1{{ else }}P3{{ end }}',
          },
        ]
      : [],
  );
  const mail = receivers.flatMap((one) => (one.kind === 'mail' ? [mailOf(one)] : []));
  const hooks = receivers.flatMap((one) => {
    if (one.kind === 'webhook') return [hookOf(one.url, one.secretFile)];
    return one.kind === 'matrix' ? [hookOf(one.bridgeUrl, one.secretFile)] : [];
  });
  return {
    ...(opsgenie.length === 0 ? {} : { opsgenie_configs: opsgenie }),
    ...(mail.length === 0 ? {} : { email_configs: mail }),
    ...(hooks.length === 0 ? {} : { webhook_configs: hooks }),
  };
}

function hookOf(address: string, secretFile: string | undefined) {
  const authorization =
    secretFile === undefined ? {} : { http_config: { authorization: { credentials_file: secretFile } } };
  return { url: address, send_resolved: true, ...authorization };
}

function mailOf({ to, from, smarthost, user, passwordFile }: Extract<Receiver, { readonly kind: 'mail' }>) {
  const login = user === undefined ? {} : { auth_username: user };
  const password = passwordFile === undefined ? {} : { auth_password_file: passwordFile };
  return { to, from, smarthost, send_resolved: true, ...login, ...password };
}
