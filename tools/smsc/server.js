// A carrier of SMS that behaves by the number it is sent to: 7000BBPPPPP, as docs/sandbox.md has it, and everybody else
// gets what is sent. It prints a JSON line for whatever happens, and hears one a line on its standard input.
//
//   07 no such number       08 taken, and never delivered     09 too busy the first time
//   18 a status that SMPP does not know      19 the receipt comes before the answer      20 the answer never comes
'use strict'

const fs = require('fs')
const readline = require('readline')
const smpp = require('smpp')

const [systemId, password, keys] = process.argv.slice(2)
const RECEIPT_MS = 30
const RETRY_MS = 100
const VENDORS_STATUS = 0x00000451
const VENDORS_TAG = 0x1403

smpp.addTLV('vendors_tag', { id: VENDORS_TAG, type: smpp.types.tlv.string })

const sessions = new Set()
const turnedAway = new Set()
const run = Date.now().toString(36)
let letIn = true
let busy = false
let count = 0

function say (event) {
  process.stdout.write(JSON.stringify(event) + '\n')
}

function behaviour (number) {
  const planned = /^7000(\d\d)\d{5}$/.exec(number)
  return planned ? planned[1] : ''
}

function textOf (pdu) {
  const body = pdu.short_message
  const head = body.udh ? Buffer.from(Array.isArray(body.udh) ? body.udh[0] : body.udh) : null
  return { text: body.message, head: head && head.toString('hex') }
}

// Dates have seconds and the error is no number: carriers write receipts as they like.
function receipt (session, id, from, to, delivered) {
  const stat = delivered ? 'DELIVRD' : 'UNDELIV'
  const text = `id:${id} sub:001 dlvrd:00${delivered ? 1 : 0} submit date:261121101500 done date:261121101502 ` +
    `stat:${stat} err:${delivered ? '000' : '0A1'} text:`
  session.deliver_sm({
    source_addr: to,
    destination_addr: from,
    esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
    short_message: text,
    receipted_message_id: id,
    message_state: delivered ? 2 : 5,
    vendors_tag: 'x'
  }, function (answer) {
    say({ event: 'receipt', id, status: answer.command_status })
    if (answer.command_status !== 0) {
      setTimeout(() => anySession(session, (next) => receipt(next, id, from, to, delivered)), RETRY_MS)
    }
  })
}

function anySession (preferred, act) {
  const session = sessions.has(preferred) ? preferred : sessions.values().next().value
  if (session) act(session)
  else setTimeout(() => anySession(preferred, act), RETRY_MS)
}

function submitted (session, pdu) {
  const to = pdu.destination_addr
  const kind = behaviour(to)
  const { text, head } = textOf(pdu)
  const key = `${to} ${head}`
  const refuse = (status) => {
    say({ event: 'refused', to, status })
    session.send(pdu.response({ command_status: status }))
  }
  if (kind === '07') return refuse(smpp.ESME_RINVDSTADR)
  if (kind === '18') return refuse(VENDORS_STATUS)
  if (busy || (kind === '09' && !turnedAway.has(key))) {
    turnedAway.add(key)
    return refuse(smpp.ESME_RTHROTTLED)
  }
  const id = `${run}-${++count}`
  say({
    event: 'taken', id, from: pdu.source_addr, from_ton: pdu.source_addr_ton, to, to_ton: pdu.dest_addr_ton,
    coding: pdu.data_coding, receipt: pdu.registered_delivery, text, head
  })
  if (kind === '20') return
  const answer = () => session.send(pdu.response({ message_id: id }))
  const tell = () => anySession(session, (next) => receipt(next, id, pdu.source_addr, to, kind !== '08'))
  if (kind === '19') {
    tell()
    setTimeout(answer, RECEIPT_MS)
  } else {
    answer()
    setTimeout(tell, RECEIPT_MS)
  }
}

const tls = keys ? { key: fs.readFileSync(`${keys}/key.pem`), cert: fs.readFileSync(`${keys}/cert.pem`) } : {}
const server = smpp.createServer(tls, function (session) {
  session.on('error', () => session.destroy())
  session.on('close', () => { sessions.delete(session); say({ event: 'left' }) })
  session.on('bind_transceiver', function (pdu) {
    const known = letIn && pdu.system_id === systemId && pdu.password === password
    say({ event: known ? 'bound' : 'shut out', as: pdu.system_id })
    if (!known) {
      session.send(pdu.response({ command_status: smpp.ESME_RBINDFAIL }))
      return session.close()
    }
    session.send(pdu.response())
    sessions.add(session)
  })
  session.on('submit_sm', (pdu) => submitted(session, pdu))
  session.on('enquire_link', (pdu) => session.send(pdu.response()))
  session.on('unbind', (pdu) => { say({ event: 'unbound' }); session.send(pdu.response()); session.close() })
})

readline.createInterface({ input: process.stdin }).on('line', function (line) {
  const asked = JSON.parse(line)
  if ('letIn' in asked) letIn = asked.letIn
  if ('busy' in asked) busy = asked.busy
  if (asked.drop) for (const session of sessions) session.destroy()
  if (asked.unbind) for (const session of sessions) session.unbind()
  say({ event: 'done' })
}).on('close', () => process.exit(0))

server.listen(0, '127.0.0.1', () => say({ event: 'listening', port: server.address().port }))
