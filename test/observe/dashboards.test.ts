// deploy/grafana and deploy/prometheus name only metrics, labels and label values that a receiver has.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { listOf, recordOf, textOf } from '#src/json-shape.js'
import { Instruments } from '#src/observe/instruments.js'
import { familyMetrics } from '#src/observe/metric-catalogue.js'
import { Metrics } from '#src/observe/metrics.js'
import { repositoryRoot } from '../e2e/support/repository.js'

const dashboard: unknown = JSON.parse(readFileSync(`${repositoryRoot}/deploy/grafana/dashboard.json`, 'utf8'))
const alerts: unknown = parse(readFileSync(`${repositoryRoot}/deploy/prometheus/alerts.yaml`, 'utf8'))

/** Every text under `expr` or `query`, wherever it stands. */
function expressionsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    (name === 'expr' || name === 'query') && typeof member === 'string' ? [member] : expressionsIn(member),
  )
}

const expressions = [...expressionsIn(dashboard), ...expressionsIn(alerts)]

async function knownNames(): Promise<ReadonlySet<string>> {
  const metrics = new Metrics({ instruments: new Instruments(), sinks: () => [] })
  const types = [...(await metrics.render()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  const names = types.flatMap(([, name = '', type]) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  )
  return new Set(names)
}

function unknownNames(texts: readonly string[], known: ReadonlySet<string>): readonly string[] {
  const named = texts.flatMap((text) => text.match(/\b(?:mirrorwaf|process)_\w+/g) ?? [])
  return [...new Set(named)].filter((name) => !known.has(name))
}

t.test('each metric that is named exists', async (t) => {
  t.ok(expressions.length > 40, `${expressions.length} expressions`)
  t.strictSame(unknownNames(expressions, await knownNames()), [])
})

t.test('a metric that does not exist is found', async (t) => {
  t.strictSame(unknownNames(['rate(mirrorwaf_gone_total[5m]) > 0'], await knownNames()), ['mirrorwaf_gone_total'])
})

t.test('each value of a label that is asked for exists', async (t) => {
  for (const text of expressions) {
    for (const [, name, label, , values = ''] of text.matchAll(
      /(mirrorwaf_\w+)\{[^}]*?(outcome|result|reason|status)(=~?)"([^"]*)"/g,
    )) {
      const family = familyMetrics.find((metric) => metric.name === name && metric.label === label)
      const members = family?.members.map(([value]) => value) ?? []
      for (const value of values.split('|')) t.ok(members.includes(value), `${name}{${label}="${value}"}`)
    }
  }
})

t.test('each alert says what is wrong, what to do and how urgent it is', async (t) => {
  const rules = listOf(recordOf(alerts)['groups']).flatMap((group) => listOf(recordOf(group)['rules']).map(recordOf))
  t.ok(rules.length >= 10)
  for (const { alert, labels, annotations } of rules) {
    const { summary, description } = recordOf(annotations)
    t.match(recordOf(labels)['severity'], /^(page|ticket)$/, textOf(alert))
    t.ok(textOf(summary) !== '' && textOf(description) !== '', textOf(alert))
  }
})

t.test('panels of the dashboard have places of their own', async (t) => {
  const panels = listOf(recordOf(dashboard)['panels']).map(recordOf)
  const taken = new Set<string>()
  for (const { id, title, gridPos } of panels) {
    const { x, y, w, h } = recordOf(gridPos)
    t.ok(Number(x) + Number(w) <= 24, textOf(title))
    for (let column = Number(x); column < Number(x) + Number(w); column++) {
      for (let line = Number(y); line < Number(y) + Number(h); line++) {
        t.notOk(taken.has(`${column} ${line}`), `${textOf(title)} (${String(id)})`)
        taken.add(`${column} ${line}`)
      }
    }
  }
})
