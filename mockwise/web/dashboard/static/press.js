/* Presses without a new page; copies; closes. */
import { lookAgain } from "./look.js"

export function beginPressing() {
  document.addEventListener("submit", press)
  document.addEventListener("click", click)
  document.addEventListener("keydown", event => event.key === "Escape" && close())
}

async function press(event) {
  const form = event.target
  if (!form.matches("[data-press]")) return
  event.preventDefault()
  if (form.ariaBusy === "true") return // pressed twice
  form.ariaBusy = "true"
  const fields = new FormData(form, event.submitter)
  const body = form.getAttribute("enctype") ? fields : new URLSearchParams(fields)
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "x-hub": "part" } })
    if (answer.headers.has("x-hub-goes-to")) return location.assign(answer.headers.get("x-hub-goes-to"))
    if (answer.status === 401) return location.reload() // which asks for the token
    await tell(answer)
    if (answer.ok) done(form)
  } catch {
    say("The mock does not answer.")
  } finally {
    form.ariaBusy = null
  }
}

async function tell(answer) {
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".outcome")
  if (part) document.getElementById("outcome").replaceChildren(part)
  else say(`The mock answered ${answer.status}.`)
}

function say(text) {
  const part = document.createElement("p")
  part.className = "outcome wrong"
  part.setAttribute("role", "alert")
  part.textContent = text
  document.getElementById("outcome").replaceChildren(part)
}

function done(form) {
  HTMLFormElement.prototype.reset.call(form) // a field may be named so
  const fold = form.closest(".row > details")
  if (fold) {
    fold.open = false
    fold.querySelector("summary").focus()
  }
  lookAgain(0)
}

function click(event) {
  const button = event.target.closest("button")
  if (button?.hasAttribute("data-close")) close()
  if (button?.dataset.copy) copy(button)
}

function close() {
  document.getElementById("outcome")?.replaceChildren()
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy)
  const label = button.firstChild
  try {
    await navigator.clipboard.writeText(source.textContent)
    label.data = "Copied"
  } catch { // an address that is no secure context, or a browser that refuses
    getSelection().selectAllChildren(source)
    label.data = document.execCommand("copy") ? "Copied" : "Marked"
  }
  setTimeout(() => { label.data = "Copy" }, 2000)
}
