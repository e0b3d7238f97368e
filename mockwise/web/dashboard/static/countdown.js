/* Runs the sandbox's clock on, and counts down what ends by it. The server has the last word, at each look. */
const UNITS = [["d", 86400, Infinity], ["h", 3600, 24], ["m", 60, 60], ["s", 1, 60]]
let read, readAt, onEnd

export function beginCountdown(ended) {
  onEnd = ended
  count()
  setInterval(tick, 1000)
}

/** The clock was read anew. */
export function count() {
  const clock = document.getElementById("clock")
  if (!clock) return
  read = { now: Number(clock.dataset.now), frozen: "frozen" in clock.dataset }
  readAt = performance.now()
  tick()
}

function tick() {
  if (!read) return
  const now = read.frozen ? read.now : read.now + performance.now() - readAt
  write(document.getElementById("now"), new Date(now).toISOString().slice(0, 19).replace("T", " "))
  for (const it of document.querySelectorAll("[data-ends]")) {
    const left = Math.max(Math.floor((Number(it.dataset.ends) - now) / 1000), 0)
    write(it, spell(left))
    const bar = it.parentElement.querySelector("progress")
    if (bar) bar.value = left
    if (left === 0) onEnd(500)
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/* As the server writes it (common/durations.py: spell_roughly): the two largest units. */
function spell(seconds) {
  const counts = UNITS.map(([unit, size, most]) => [Math.floor(seconds / size) % most, unit])
  const first = counts.findIndex(([number]) => number)
  if (first < 0) return "0s"
  return counts.slice(first, first + 2).filter(([number]) => number).map(it => it.join("")).join("")
}
