import t from 'tap'
import { allocateChannelMeter, ChannelMeter, channelLimitMaxBytes } from '#src/sinks/channel-meter.js'

t.test('what was sent and not acknowledged is outstanding, over many wraps of the counts', async (t) => {
  const memory = allocateChannelMeter()
  const sender = new ChannelMeter(memory)
  const receiver = new ChannelMeter(memory)
  t.equal(sender.outstandingBytes, 0)
  for (let round = 0; round < 20; round++) {
    sender.send(channelLimitMaxBytes)
    t.equal(sender.outstandingBytes, channelLimitMaxBytes)
    receiver.acknowledge(channelLimitMaxBytes - 1)
    t.equal(sender.outstandingBytes, 1)
    receiver.acknowledge(1)
    t.equal(sender.outstandingBytes, 0)
  }
})
