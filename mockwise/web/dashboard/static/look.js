/* Looks again when the mock says that something happened, and now and then, since what other doors do rings no bell. */
import { count } from "./countdown.js"
import { morph } from "./morph.js"

const SOON = 120, NOW_AND_THEN = 4000, RARELY = 15000 // milliseconds
let hub, events, timer, due = Infinity, looking = false, lazyAfter = 0

export function beginLooking(place) {
  hub = place
  for (const kind of ["visibilitychange", "pageshow", "pagehide"])
    document.defaultView.addEventListener(kind, () => listen(kind !== "pagehide" && !document.hidden), true)
  listen(true)
}

/* Only a page that is looked at listens: browsers open no more than six connections to a host. */
function listen(wanted) {
  if (wanted === Boolean(events)) return
  if (wanted) {
    events = new EventSource(`${hub}/events`)
    events.addEventListener("look", () => lookAgain())
    events.onopen = () => tell(true)
    events.onerror = () => tell(false)
    lookAgain(0)
  } else {
    events.close()
    events = undefined
  }
}

/** Look at the mock again before long; several wishes at the same time are one. */
export function lookAgain(delay = SOON) {
  if (!hub || performance.now() + delay >= due) return
  clearTimeout(timer)
  due = performance.now() + delay
  timer = setTimeout(look, delay)
}

async function look() {
  due = Infinity
  if (looking || document.hidden) return lookAgain(document.hidden ? RARELY : SOON)
  looking = true
  const begun = performance.now()
  try {
    const answer = await fetch(`${hub}/live`)
    if (answer.status === 401 || answer.status === 404) return location.reload() // which says what to do
    if (answer.ok) show(await answer.text())
    await lookAtTheRest()
  } catch {
    tell(false)
  } finally {
    looking = false
    // A mock with a million tokens is asked less often.
    lookAgain(Math.max(NOW_AND_THEN, 10 * (performance.now() - begun)))
  }
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html")
  for (const part of page.querySelectorAll("[data-part]")) {
    const have = document.getElementById(part.id)
    const link = part.querySelector("#link")
    if (link) link.textContent = document.getElementById("link").textContent
    morph(have, part)
  }
  count()
}

/* What takes the mock longer is looked at less often. */
async function lookAtTheRest() {
  const lazy = document.querySelector("[data-lazy]")
  if (performance.now() < lazyAfter) return
  const begun = performance.now()
  const answer = await fetch(lazy.dataset.lazy, { headers: { "x-hub": "part" } })
  if (!answer.ok) return
  const part = lazy.cloneNode(false)
  part.innerHTML = await answer.text()
  morph(lazy, part)
  lazyAfter = performance.now() + Math.max(1000, 10 * (performance.now() - begun))
}

function tell(live) {
  const link = document.getElementById("link")
  const text = live ? "live" : "The mock does not answer"
  if (link && link.textContent !== text) link.textContent = text
}
