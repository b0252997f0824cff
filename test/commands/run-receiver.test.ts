// What the banner of a started receiver tells a person to do.
import t from 'tap'
import { tryLine } from '#src/commands/run-receiver.js'

t.test('the line to try fits the first address, with TLS and without', async (t) => {
  t.equal(tryLine('[::]:8080', false), "curl 'http://127.0.0.1:8080/?x=$globals'")
  t.equal(tryLine('0.0.0.0:8080', true), "curl -k 'https://127.0.0.1:8080/?x=$globals'")
  t.equal(tryLine('unix:/run/m.sock', false), "curl --unix-socket /run/m.sock 'http://mirror/?x=$globals'")
})
