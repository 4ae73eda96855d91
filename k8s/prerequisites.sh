#!/usr/bin/env bash
# What a cluster needs before the chart with serving.mode=kserve: cert-manager and KServe in Standard mode, and with
# --gateway-api also the Gateway API with Envoy Gateway, for the chart's gateway.enabled.
# It works on the cluster that kubectl points at, waits until everything is ready, and may be run again.
set -euo pipefail

CERT_MANAGER_VERSION=v1.17.0
KSERVE_VERSION=v0.20.0
GATEWAY_API_VERSION=v1.5.1
ENVOY_GATEWAY_VERSION=v1.8.1
OLDEST_MINOR=32 # KServe v0.20 asks for Kubernetes 1.32

say() { echo "prerequisites: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

gateway_api=false
case "${1:-}" in
    "") ;;
    --gateway-api) gateway_api=true ;;
    *) echo "usage: k8s/prerequisites.sh [--gateway-api]" >&2 && exit 2 ;;
esac

check_tools_and_cluster() {
    local tool minor
    for tool in kubectl helm; do
        command -v "$tool" >/dev/null || fail "$tool is needed and not on the PATH"
    done
    minor=$(kubectl get --raw /version | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p') ||
        fail "no cluster answers; kubectl config current-context says which one is asked"
    [ "$minor" -ge "$OLDEST_MINOR" ] || fail "Kubernetes 1.$OLDEST_MINOR or later is needed, this is 1.$minor"
    say "cluster $(kubectl config current-context), Kubernetes 1.$minor"
}

# Installs a release or brings it to this version; quick where nothing changed.
release() { # NAME NAMESPACE CHART ARGUMENT...
    local name=$1 namespace=$2 chart=$3
    shift 3
    helm upgrade --install "$name" "$chart" --namespace "$namespace" --create-namespace --wait --timeout 10m "$@" >/dev/null
}

install_gateway_api() {
    say "Gateway API $GATEWAY_API_VERSION"
    kubectl apply --server-side --filename \
        "https://github.com/kubernetes-sigs/gateway-api/releases/download/$GATEWAY_API_VERSION/standard-install.yaml" >/dev/null
    kubectl wait --for condition=Established --timeout 1m crd/gateways.gateway.networking.k8s.io \
        crd/httproutes.gateway.networking.k8s.io >/dev/null
    say "Envoy Gateway $ENVOY_GATEWAY_VERSION, GatewayClass envoy"
    # Its chart carries the Gateway API's definitions too; only its own are taken from it.
    helm template crds oci://docker.io/envoyproxy/gateway-crds-helm --version "$ENVOY_GATEWAY_VERSION" \
        --set crds.gatewayAPI.enabled=false --set crds.envoyGateway.enabled=true |
        kubectl apply --server-side --filename - >/dev/null
    release envoy-gateway envoy-gateway-system oci://docker.io/envoyproxy/gateway-helm \
        --version "$ENVOY_GATEWAY_VERSION" --skip-crds
    kubectl apply --server-side --filename - >/dev/null <<'CLASS'
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: envoy}
spec: {controllerName: gateway.envoyproxy.io/gatewayclass-controller}
CLASS
}

install_cert_manager() {
    say "cert-manager $CERT_MANAGER_VERSION"
    release cert-manager cert-manager cert-manager --repo https://charts.jetstack.io \
        --version "$CERT_MANAGER_VERSION" --set crds.enabled=true
}

# No ingress of KServe's own: the chart reaches predictor and explainer by their Services, and routes to them itself.
install_kserve() {
    say "KServe $KSERVE_VERSION, Standard mode"
    release kserve-crd kserve oci://ghcr.io/kserve/charts/kserve-crd --version "$KSERVE_VERSION"
    release kserve kserve oci://ghcr.io/kserve/charts/kserve-resources --version "$KSERVE_VERSION" \
        --set kserve.controller.deploymentMode=Standard \
        --set kserve.controller.gateway.disableIngressCreation=true
    kubectl --namespace kserve rollout status deployment/kserve-controller-manager --timeout 5m >/dev/null
}

check_tools_and_cluster
if [ "$gateway_api" = true ]; then install_gateway_api; fi
install_cert_manager
install_kserve
say "ready; next: helm install credence charts/credence --namespace credence --create-namespace"
