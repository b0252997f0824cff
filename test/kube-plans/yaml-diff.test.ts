import t from 'tap'
import { diffObjects } from '#src/kube/report/yaml-diff.js'
import { route, rule } from './support/objects.js'

const ref = { kind: 'HTTPRoute', namespace: 'shop', name: 'checkout' }

t.test('what the server writes by itself, and the order of keys, are no difference', async (t) => {
  const before = route([rule('/')], { uid: 'u', generation: 1, managedFields: [{ manager: 'a' }] })
  const { spec, kind, apiVersion } = before
  const metadata = { resourceVersion: '9', name: 'checkout', namespace: 'shop', creationTimestamp: 'now' }
  t.equal(diffObjects(ref, before, { status: { parents: [] }, spec, metadata, kind, apiVersion }), '')
})

t.test('a change is shown as a unified diff that names the object', async (t) => {
  const diff = diffObjects(ref, route([rule('/a')]), route([rule('/b')]))
  t.match(diff, /^--- HTTPRoute shop\/checkout\tbefore\n\+\+\+ HTTPRoute shop\/checkout\tafter\n@@ /)
  t.match(diff, /^- +value: \/a\n\+ +value: \/b$/m)
})

t.test('a new object is all additions, one that goes all removals', async (t) => {
  const body = (diff: string) =>
    diff
      .split('\n')
      .slice(3)
      .filter((line) => line !== '')
  t.ok(body(diffObjects(ref, undefined, route([]))).every((line) => line.startsWith('+')))
  t.ok(body(diffObjects(ref, route([]), undefined)).every((line) => line.startsWith('-')))
})
