// Kong plugin `hello`: the smallest one, to see that a plugin server works. Says hello in a header of the answer.
class HelloPlugin {
  /** @param {{ message?: string | null }} config */
  constructor(config) {
    this.message = config?.message ?? 'hello'
  }

  /** @param {object} kong the PDK */
  async access(kong) {
    const host = await kong.request.getHeader('host')
    await kong.response.setHeader('x-hello-from-javascript', `Javascript says ${this.message} to ${host}`)
  }
}

module.exports = {
  Plugin: HelloPlugin,
  Name: 'hello',
  Version: '0.1.0',
  Priority: 1,
  Schema: [{ message: { type: 'string', default: 'hello' } }],
}
