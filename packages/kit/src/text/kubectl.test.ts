import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kubectlLine } from './kubectl.ts';

test('a line has its context, and a placeholder if the file leaves it to the kubeconfig', () => {
  assert.equal(
    kubectlLine({ context: 'gke_main', namespace: 'net' }, 'delete', 'secret', 'a'),
    'kubectl --context gke_main --namespace net delete secret a',
  );
  assert.equal(kubectlLine({ context: null }, 'get', 'pods'), 'kubectl --context CONTEXT get pods');
  const arn = 'arn:aws:eks:eu-west-1:1:cluster/main';
  assert.equal(kubectlLine({ context: arn }, 'get', 'pods'), `kubectl --context ${arn} get pods`);
});

test('a context cannot become a command of the shell into which a person copies the line', () => {
  for (const context of ['a; reboot', '$(reboot)', '`reboot`', "it's", 'two words', '', '*', 'a\nreboot'])
    assert.equal(
      kubectlLine({ context }, 'get', 'pods'),
      `kubectl --context '${context.replaceAll("'", `'\\''`)}' get pods`,
    );
});
