# rumprun kvm -I web,vioif,'-net tap,ifname=tap0' -W web,inet,dhcp nginx
 {, 
	"net" :  {, 
		"if":		"vioif0", 
		"type":	"inet", 
		"method":	"dhcp", 
	}, 
	"cmdline": "nginx", 
}, 
