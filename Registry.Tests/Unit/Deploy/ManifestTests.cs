using System.Text.Json.Nodes;
using NUnit.Framework;
using Registry.Api.Telemetry;
using Registry.Tests.Support;
using Registry.Tests.Support.Deploy;

namespace Registry.Tests.Unit.Deploy;

/// <summary>The objects of each overlay are complete and consistent.</summary>
internal sealed class ManifestTests
{
    private static IEnumerable<Overlay> Overlays => Overlay.All;

    [Test]
    public void Every_file_belongs_to_an_overlay()
    {
        var files = Directory.EnumerateFiles(Overlay.Folder, "*", SearchOption.AllDirectories);
        Assert.That(Overlays.SelectMany(static overlay => overlay.Files).Distinct(), Is.EquivalentTo(files));
    }

    [Test]
    public void Every_kustomization_declares_its_kind()
    {
        foreach (var path in Directory.EnumerateFiles(
            Overlay.Folder, "kustomization.yaml", SearchOption.AllDirectories))
        {
            var read = Yaml.Read(path);
            Assert.That(
                $"{read["apiVersion"]} {read["kind"]}",
                Is.EqualTo(path.Contains("/components/", StringComparison.Ordinal)
                    ? "kustomize.config.k8s.io/v1alpha1 Component"
                    : "kustomize.config.k8s.io/v1beta1 Kustomization"),
                path);
        }
    }

    [Test]
    public void The_readme_names_every_overlay_and_only_existing_files()
    {
        var readme = File.ReadAllText(Path.Combine(RegistryProcess.Root, "deploy", "README.md"));
        foreach (var overlay in Overlays)
            Assert.That(readme, Does.Contain($"overlays/{overlay}"));
        foreach (var word in readme.Split([' ', '\n', '`', '(', ')', '=', '|'])
            .Where(static word => word.StartsWith("deploy/", StringComparison.Ordinal)))
            Assert.That(Path.Combine(RegistryProcess.Root, word), Does.Exist);
    }

    [TestCaseSource(nameof(Overlays))]
    public void Objects_are_valid_and_have_unique_names(Overlay overlay)
    {
        Assert.That(overlay.Objects.SelectMany(Shape.Errors), Is.Empty);
        Assert.That(overlay.Objects.Select(static item => $"{item["kind"]} {item["metadata"]!["name"]}"), Is.Unique);
        Assert.That(
            overlay.Objects.Select(static item => $"{item["kind"]}"),
            Is.SupersetOf(new[] { "Deployment", "Service", "ServiceAccount", "PodDisruptionBudget", "NetworkPolicy" }));
    }

    [TestCaseSource(nameof(Overlays))]
    public void Every_selector_selects_the_pods(Overlay overlay)
    {
        JsonNode?[] selectors =
        [
            overlay.Deployment["spec"]!["selector"]!["matchLabels"],
            overlay.Single("Service")["spec"]!["selector"],
            overlay.Single("PodDisruptionBudget")["spec"]!["selector"]!["matchLabels"],
            overlay.Single("NetworkPolicy")["spec"]!["podSelector"]!["matchLabels"],
            .. (overlay.Pod["topologySpreadConstraints"]?.AsArray() ?? []).Select(
                static spread => spread!["labelSelector"]!["matchLabels"]),
        ];
        foreach (var selector in selectors)
        {
            Assert.That(selector!.AsObject(), Is.Not.Empty);
            foreach (var (label, value) in selector.AsObject())
                Assert.That(JsonNode.DeepEquals(value, overlay.PodLabels[label]), $"{label}={value}");
        }
    }

    [TestCaseSource(nameof(Overlays))]
    public void Ports_agree_by_name_and_number(Overlay overlay)
    {
        var port = Port(overlay, "http");
        string[] names =
        [
            .. overlay.Single("Service")["spec"]!["ports"]!.AsArray()
                .Select(static served => $"{served!["targetPort"]}"),
            .. Probes(overlay).Select(static probe => $"{probe["port"]}"),
            $"{overlay.Single("NetworkPolicy")["spec"]!["ingress"]![0]!["ports"]![0]!["port"]}",
        ];
        Assert.That(names, Is.All.EqualTo($"{port["name"]}"));
        Assert.That(overlay.ValueOf("ASPNETCORE_URLS"), Is.EqualTo($"http://+:{port["containerPort"]}"));
    }

    [TestCaseSource(nameof(Overlays))]
    public void Prometheus_finds_the_port_of_the_metrics(Overlay overlay)
    {
        var port = $"{Port(overlay, "metrics")["containerPort"]}";
        Assert.That(overlay.ValueOf("TELEMETRY__PORT"), Is.EqualTo(port));
        Assert.That(overlay.ValueOf("TELEMETRY__ADDRESS"), Is.EqualTo("*"));
        var annotations = overlay.Deployment["spec"]!["template"]!["metadata"]!["annotations"]!;
        Assert.That($"{annotations["prometheus.io/port"]}", Is.EqualTo(port));
        Assert.That($"{annotations["prometheus.io/path"]}", Is.EqualTo(MetricsServer.Path));

        var monitor = Yaml.Read(Path.Combine(RegistryProcess.Root, "deploy", "monitoring", "podmonitor.yaml"));
        Assert.That(Shape.Errors(monitor), Is.Empty);
        foreach (var (label, value) in monitor["spec"]!["selector"]!["matchLabels"]!.AsObject())
            Assert.That(JsonNode.DeepEquals(value, overlay.PodLabels[label]), $"{label}={value}");
        var endpoint = monitor["spec"]!["podMetricsEndpoints"]!.AsArray().Single()!;
        Assert.That($"{endpoint["port"]} {endpoint["path"]}", Is.EqualTo($"metrics {MetricsServer.Path}"));
        Assert.That(
            overlay.Single("NetworkPolicy")["spec"]!["ingress"]!.AsArray()
                .SelectMany(static rule => rule!["ports"]!.AsArray()).Select(static open => $"{open!["port"]}"),
            Is.EqualTo(new[] { "http", "metrics" }));
    }

    [TestCaseSource(nameof(Overlays))]
    public void Mounts_and_references_exist(Overlay overlay)
    {
        var volumes = overlay.Pod["volumes"]!.AsArray();
        var mounts = overlay.Container["volumeMounts"]!.AsArray();
        Assert.That(
            mounts.Select(static mount => $"{mount!["name"]}"),
            Is.EquivalentTo(volumes.Select(static volume => $"{volume!["name"]}")));
        Assert.That(mounts.Select(static mount => $"{mount!["mountPath"]}"), Is.Unique);
        Assert.That(
            volumes.Select(static volume => volume!.AsObject().Count), Is.All.EqualTo(2), "a name and one source");

        var claims = volumes.Select(static volume => volume!["persistentVolumeClaim"]?["claimName"])
            .OfType<JsonNode>()
            .Select(static name => $"{name}");
        Assert.That(claims, Is.EquivalentTo(NamesOf(overlay, "PersistentVolumeClaim")));
        var maps = overlay.Environment.Select(static variable => variable["valueFrom"]?["configMapKeyRef"]?["name"])
            .OfType<JsonNode>()
            .Select(static name => $"{name}");
        Assert.That(maps, Is.EquivalentTo(NamesOf(overlay, "ConfigMap")));
        Assert.That(NamesOf(overlay, "ServiceAccount"), Is.EqualTo(new[] { $"{overlay.Pod["serviceAccountName"]}" }));
    }

    [TestCaseSource(nameof(Overlays))]
    public void The_disruption_budget_allows_drains_without_downtime(Overlay overlay)
    {
        var replicas = overlay.Deployment["spec"]!["replicas"]!.GetValue<int>();
        var budget = overlay.Single("PodDisruptionBudget")["spec"]!.AsObject();
        Assert.That(budget.ContainsKey("minAvailable"), Is.Not.EqualTo(budget.ContainsKey("maxUnavailable")));
        var unavailable =
            budget["maxUnavailable"]?.GetValue<int>() ?? replicas - budget["minAvailable"]!.GetValue<int>();
        Assert.That(unavailable, Is.EqualTo(1));
        var strategy = overlay.Deployment["spec"]!["strategy"]!;
        Assert.That($"{strategy["type"]}", Is.EqualTo(replicas == 1 ? "Recreate" : "RollingUpdate"));
        Assert.That(overlay.Pod.ContainsKey("topologySpreadConstraints"), Is.EqualTo(replicas > 1));
    }

    /// <summary>
    /// With <c>DoNotSchedule</c>, a tainted or drained node leaves a pod pending, and a rolling update never ends.
    /// </summary>
    [TestCaseSource(nameof(Overlays))]
    public void Topology_spread_never_blocks_scheduling(Overlay overlay)
    {
        foreach (var spread in overlay.Pod["topologySpreadConstraints"]?.AsArray() ?? [])
            Assert.That($"{spread!["whenUnsatisfiable"]}", Is.EqualTo("ScheduleAnyway"), $"{spread["topologyKey"]}");
    }

    /// <summary>An image name without a host refers to an official image on Docker Hub.</summary>
    [TestCaseSource(nameof(Overlays))]
    public void The_image_is_named_once_and_not_pulled_from_Docker_Hub(Overlay overlay)
    {
        var image = $"{overlay.Container["image"]}";
        Assert.That(image, Does.StartWith("localhost/"));
        var readme = File.ReadAllText(Path.Combine(RegistryProcess.Root, "deploy", "README.md"));
        Assert.That(readme, Does.Contain($"docker build -f deploy/Dockerfile -t {image} ."));
        var naming = Directory.EnumerateFiles(Overlay.Folder, "kustomization.yaml", SearchOption.AllDirectories)
            .Where(static path => Yaml.Read(path).ContainsKey("images"));
        Assert.That(naming.Count(), Is.EqualTo(1));
    }

    /// <summary>Allows DNS and the port of the storage; a pod with a volume needs nothing else.</summary>
    [TestCaseSource(nameof(Overlays))]
    public void The_network_policy_lets_the_pod_reach_its_storage(Overlay overlay)
    {
        var egress = overlay.Single("NetworkPolicy")["spec"]!["egress"]!.AsArray();
        var ports = egress.SelectMany(static rule => rule!["ports"]!.AsArray())
            .Select(static port => $"{port!["port"]}")
            .Distinct();
        var storage = overlay.ValueOf("STORAGE");
        Assert.That(ports, Does.Contain("53"));
        Assert.That(ports, storage == "filesystem" ? Has.Exactly(1).Items : Does.Contain(storage switch
        {
            "etcd" => "2379",
            "redis" => "6379",
            "gcs" => "443",
            _ => throw new ArgumentOutOfRangeException(nameof(overlay), storage, "unknown storage"),
        }));
    }

    [TestCaseSource(nameof(Overlays))]
    public void The_pod_has_minimal_privileges(Overlay overlay)
    {
        var pod = overlay.Pod["securityContext"]!;
        var container = overlay.Container["securityContext"]!;
        Assert.That(overlay.Pod["enableServiceLinks"]!.GetValue<bool>(), Is.False);
        Assert.That(pod["runAsNonRoot"]!.GetValue<bool>());
        Assert.That(pod["runAsUser"]!.GetValue<int>(), Is.Positive.And.EqualTo(pod["fsGroup"]!.GetValue<int>()));
        Assert.That(container["allowPrivilegeEscalation"]!.GetValue<bool>(), Is.False);
        Assert.That(container["readOnlyRootFilesystem"]!.GetValue<bool>());
        Assert.That(overlay.Single("ServiceAccount")["automountServiceAccountToken"]!.GetValue<bool>(), Is.False);
        Assert.That(
            overlay.Container["volumeMounts"]!.AsArray().Select(static mount => $"{mount!["mountPath"]}"),
            Does.Contain("/tmp"),
            "the root file system is read-only");
    }

    internal static IEnumerable<JsonNode> Probes(Overlay overlay) =>
        new[] { "startupProbe", "livenessProbe", "readinessProbe" }.Select(
            name => overlay.Container[name]!["httpGet"]!);

    private static JsonNode Port(Overlay overlay, string name) =>
        overlay.Container["ports"]!.AsArray().Single(port => $"{port!["name"]}" == name)!;

    private static IEnumerable<string> NamesOf(Overlay overlay, string kind) =>
        overlay.Objects.Where(item => $"{item["kind"]}" == kind).Select(static item => $"{item["metadata"]!["name"]}");
}
