import t from 'tap'
import { parseErrors } from '#src/batch/record-layout.js'
import { CounterId } from '#src/observe/counter-ids.js'
import { Instruments } from '#src/observe/instruments.js'
import { Metrics, type MetricsSources, ruleSeriesLimit } from '#src/observe/metrics.js'
import { outcomeIndex, outcomes } from '#src/verdict/outcome.js'
import { type PrometheusMetric, parsePrometheusText } from './support/prometheus-text.js'

function createMetrics(sinks: MetricsSources['sinks'] = () => []): { metrics: Metrics; instruments: Instruments } {
  const instruments = new Instruments()
  return { instruments, metrics: new Metrics({ instruments, sinks }) }
}

async function scrape(metrics: Metrics): Promise<ReadonlyMap<string, PrometheusMetric>> {
  return parsePrometheusText(await metrics.render())
}

function sampleOf(found: ReadonlyMap<string, PrometheusMetric>, name: string, labels = ''): number | undefined {
  const metric = found.get(name.replace(/_(bucket|sum|count)$/, '')) ?? found.get(name)
  return metric?.samples.get(`${name}${labels}`)
}

t.test('names follow the conventions: a prefix, a unit, _total on counters alone', async (t) => {
  const found = await scrape(createMetrics().metrics)
  t.ok(found.size > 30)
  for (const [name, { type, help }] of found) {
    t.match(name, /^(mirrorwaf|process)_[a-z]+(_[a-z]+)*$/)
    t.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`)
    t.ok(help.length > 5, `${name} says what it means`)
    t.notMatch(name, /_(ms|us|milliseconds|microseconds|kilobytes)(_|$)/)
  }
})

t.test('every outcome, reason and kind is there from the start, at zero', async (t) => {
  const found = await scrape(createMetrics().metrics)
  for (const outcome of outcomes) {
    t.equal(sampleOf(found, 'mirrorwaf_requests_outcome_total', `{outcome="${outcome}"}`), 0)
  }
  t.equal(found.get('mirrorwaf_parse_errors_total')?.samples.size, parseErrors.length - 1, 'none is no error')
  t.equal(sampleOf(found, 'mirrorwaf_parse_errors_total', '{kind="none"}'), undefined)
  t.equal(sampleOf(found, 'mirrorwaf_body_faults_total', '{kind="json_cut"}'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_requests_shed_total', '{reason="in_flight"}'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_connections_rejected_total', '{reason="proxy_protocol"}'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_workers_restarted_total', '{cause="memory"}'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_ruleset_reloads_total', '{result="failed"}'), 0)
})

t.test('counters show what the listener counted, in base units, each scrape anew', async (t) => {
  const { metrics, instruments } = createMetrics()
  const { counters } = instruments
  counters.add(CounterId.received, 7)
  counters.add(CounterId.outcome + outcomeIndex('timed-out'), 3)
  counters.add(CounterId.parseError + parseErrors.indexOf('chunk'), 2)
  counters.add(CounterId.workerBusyUs, 1_500_000)
  counters.set(CounterId.queueBytes, 4096)
  counters.set(CounterId.loopDelayP99Us, 2500)
  await metrics.render()
  counters.set(CounterId.queueBytes, 0)
  counters.add(CounterId.received, 1)
  const found = await scrape(metrics)
  t.equal(sampleOf(found, 'mirrorwaf_requests_received_total'), 8)
  t.equal(sampleOf(found, 'mirrorwaf_requests_outcome_total', '{outcome="timed-out"}'), 3)
  t.equal(sampleOf(found, 'mirrorwaf_parse_errors_total', '{kind="chunk"}'), 2)
  t.equal(sampleOf(found, 'mirrorwaf_worker_busy_seconds_total'), 1.5)
  t.equal(sampleOf(found, 'mirrorwaf_queue_bytes'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_event_loop_delay_seconds', '{quantile="0.99"}'), 0.0025)
})

t.test('histograms are cumulative, end in +Inf, and agree with their sum and count', async (t) => {
  const { metrics, instruments } = createMetrics()
  for (const latencyUs of [25, 26, 100, 4900, 20_000_000]) instruments.answerLatencyUs.record(latencyUs)
  instruments.batchRequests.record(3)
  const found = await scrape(metrics)
  const bucket = (bound: string): number | undefined =>
    sampleOf(found, 'mirrorwaf_answer_latency_seconds_bucket', `{le="${bound}"}`)
  t.strictSame(['0.000025', '0.00005', '0.0001', '0.005', '10', '+Inf'].map(bucket), [1, 2, 3, 4, 4, 5])
  t.equal(sampleOf(found, 'mirrorwaf_answer_latency_seconds_count'), 5)
  t.equal(sampleOf(found, 'mirrorwaf_answer_latency_seconds_sum'), 20.005051)
  t.equal(sampleOf(found, 'mirrorwaf_batch_requests_bucket', '{le="2"}'), 0)
  t.equal(sampleOf(found, 'mirrorwaf_batch_requests_bucket', '{le="4"}'), 1)
})

t.test('sinks are shown by name with what they wrote, hold and lost', async (t) => {
  const sinks = [
    {
      name: 'file:/a "b"\\c',
      written: 5,
      queuedBytes: 10,
      filtered: 7,
      folded: 3,
      dropped: { queue_full: 2, closed: 1 },
    },
  ]
  const { metrics, instruments } = createMetrics(() => sinks)
  instruments.counters.add(CounterId.channelDropped, 4)
  const found = await scrape(metrics)
  const sink = 'sink="file:/a \\"b\\"\\\\c"'
  t.equal(sampleOf(found, 'mirrorwaf_sink_events_total', `{${sink}}`), 5)
  t.equal(sampleOf(found, 'mirrorwaf_sink_queue_bytes', `{${sink}}`), 10)
  t.equal(sampleOf(found, 'mirrorwaf_sink_filtered_total', `{${sink}}`), 7)
  t.equal(sampleOf(found, 'mirrorwaf_sink_folded', `{${sink}}`), 3)
  t.equal(sampleOf(found, 'mirrorwaf_sink_dropped_total', `{${sink},reason="queue_full"}`), 2)
  t.equal(sampleOf(found, 'mirrorwaf_sink_dropped_total', '{sink="all",reason="channel_full"}'), 4)
})

t.test('rule hits add up by rule and type, and the engine is the one in use', async (t) => {
  const { metrics } = createMetrics()
  metrics.addRuleHits([{ rule: 'crs-1', type: 'xss', count: 2 }])
  metrics.addRuleHits([{ rule: 'crs-1', type: 'xss', count: 3 }])
  metrics.setEngine({ engine: 'libddwaf', version: '1', rulesVersion: 'a' })
  metrics.setEngine({ engine: 'libddwaf', version: '1', rulesVersion: 'b' })
  const found = await scrape(metrics)
  t.equal(sampleOf(found, 'mirrorwaf_rule_hits_total', '{rule="crs-1",type="xss"}'), 5)
  t.strictSame(
    [...(found.get('mirrorwaf_engine_info')?.samples.keys() ?? [])],
    ['mirrorwaf_engine_info{engine="libddwaf",version="1",rules_version="b"}'],
  )
})

t.test('rules up to the limit have a series each, one more counts under other', async (t) => {
  const { metrics } = createMetrics()
  const hits = Array.from({ length: ruleSeriesLimit + 1 }, (_, index) => ({ rule: `r${index}`, type: 'x', count: 1 }))
  metrics.addRuleHits(hits)
  metrics.addRuleHits(hits.slice(-2))
  const found = await scrape(metrics)
  t.equal(found.get('mirrorwaf_rule_hits_total')?.samples.size, ruleSeriesLimit + 1)
  t.equal(sampleOf(found, 'mirrorwaf_rule_hits_total', `{rule="r${ruleSeriesLimit - 1}",type="x"}`), 2)
  t.equal(sampleOf(found, 'mirrorwaf_rule_hits_total', '{rule="other",type="other"}'), 2)
})

t.test('the process tells its memory, CPU and descriptors', async (t) => {
  const found = await scrape(createMetrics().metrics)
  t.ok((sampleOf(found, 'process_resident_memory_bytes') ?? 0) > 1e7)
  t.ok((sampleOf(found, 'process_cpu_seconds_total') ?? 0) > 0)
  t.ok((sampleOf(found, 'process_open_fds') ?? 0) > 3)
})
