-- Health of the four kinds of jichitai.dev for Argo CD. What waits for people or for a time is Suspended: nothing is wrong with it.
local waits = {
  ApprovalExpired = true,
  AwaitingApproval = true,
  AwaitingNetworkOperator = true,
  ConfirmationNeeded = true,
  Frozen = true,
  InstallationHeldElsewhere = true,
  KeyDisabled = true,
  ObserveOnly = true,
  OnHold = true,
  OutsideChangeWindow = true,
  PlanSuperseded = true,
  Suspended = true,
}
local health = {status = "Progressing", message = "the operator has not looked at it yet"}
if obj.status == nil or obj.status.conditions == nil then
  return health
end
local ready, stalled
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then
    ready = condition
  elseif condition.type == "Stalled" then
    stalled = condition
  end
end
if ready == nil then
  return health
end
-- A change that the operator has not looked at has neither failed nor come true.
local generation = obj.metadata.generation
if generation ~= nil and ready.observedGeneration ~= nil and ready.observedGeneration < generation then
  health.message = "the operator has not looked at the last change yet"
  return health
end
health.message = ready.reason .. ": " .. (ready.message or "")
if ready.status == "True" then
  health.status = "Healthy"
elseif waits[ready.reason] then
  health.status = "Suspended"
elseif stalled ~= nil and stalled.status == "True" then
  health.status = "Degraded"
end
if obj.metadata.deletionTimestamp ~= nil and health.status == "Healthy" then
  health.status = "Progressing"
end
return health
