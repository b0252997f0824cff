import t from 'tap'
import { endpointOf } from '#src/request/endpoint.js'

function endpoint(target: string): string {
  const bytes = Buffer.from(`  ${target}  `)
  return endpointOf(bytes, 2, bytes.length - 2)
}

t.test('what names one thing among many stands as a parameter', async (t) => {
  const cases = {
    '/users/42': '/users/{param:int}',
    '/users/4': '/users/4',
    '/users/042': '/users/{param:int_id}',
    '/v/1.2.3': '/v/{param:int_id}',
    '/c/abcdef1': '/c/{param:hex}',
    '/c/abcdefg': '/c/abcdefg',
    '/c/abcde': '/c/abcde',
    '/c/ab-cd.e1': '/c/{param:hex_id}',
    '/x/a%20b': '/x/{param:str}',
    '/x/a;b': '/x/a;b',
    '/x/abcdefghijklmnopqrs': '/x/abcdefghijklmnopqrs',
    '/x/abcdefghijklmnopqrst': '/x/{param:str}',
  }
  for (const [target, expected] of Object.entries(cases)) t.equal(endpoint(target), expected, target)
})

t.test('query, repeated slashes and what is deeper than eight segments are left out', async (t) => {
  t.equal(endpoint('/a/b?c=/d/12'), '/a/b')
  t.equal(endpoint('//a///b/'), '/a/b')
  t.equal(endpoint('/1a/2b/3c/4d/5e/6f/7g/8h'), '/1a/2b/3c/4d/5e/6f/7g/8h')
  t.equal(endpoint('/1a/2b/3c/4d/5e/6f/7g/8h/9i'), '/1a/2b/3c/4d/5e/6f/7g/8h')
})

t.test('a target that is no path is the root', async (t) => {
  for (const target of ['', '*', '/', '//', '/?x=1', 'shop.example:443']) t.equal(endpoint(target), '/', target)
})

t.test('the longest segment that is looked at has 128 bytes', async (t) => {
  t.equal(endpoint(`/${'1'.repeat(128)}`), '/{param:int}')
  t.equal(endpoint(`/${'1'.repeat(129)}`), '/{param:str}')
})
